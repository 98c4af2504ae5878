"""What is printed for a code: posters, stickers and table tents as PDF with a preview, one at a time for an owner,
or all of an owner, a commune or the province, made in a process beside the web process."""
