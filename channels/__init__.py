"""Channel adapters: each turns what it received into one Inbound and renders one Reply."""
