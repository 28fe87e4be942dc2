"""What came of a replay: what variants changed, the matrix of cases, and cases side by side."""
