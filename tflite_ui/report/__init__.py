"""A study as files to keep and share: bundle, report page, table, export folder, document schema."""
