"""What people do: tasks, findings, supplies."""
