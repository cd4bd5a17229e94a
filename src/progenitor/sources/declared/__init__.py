"""What the readers share that are wholly declared in a source.yml: columns, partitions, placeholders, options."""
