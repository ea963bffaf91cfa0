"""What is kept on disk: blobs by content, and the database."""
