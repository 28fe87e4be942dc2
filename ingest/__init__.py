"""Everything between the wire and the lake.

Receivers (`http`, `grpc`) take OTLP requests in on HTTP and gRPC; `service` is the
one path both share: `limits` cap a request before it is parsed, `requests` checks it
with the official protobuf classes (JSON becomes protobuf in `otlp_json`), `journal`
appends it to checksummed segments and answers only after fdatasync. A writer process
reads the journal back, turns requests into Arrow (`decode`, `pivot`, `logs`,
`metrics`), drops resends (`dedup`) and commits rows to the lake (`writer`).
An acknowledgement therefore means "on disk and readable".
"""
