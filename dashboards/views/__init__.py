"""One file per page of the dashboards."""
