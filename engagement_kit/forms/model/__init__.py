"""What the forms say and do, without a widget: decided here, shown next door."""
