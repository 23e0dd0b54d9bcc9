"""Who may sign in to the editors' and the operators' sites, and what they did."""
