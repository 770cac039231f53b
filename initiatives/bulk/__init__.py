"""Many payments from one sheet: read and shown, registered all or none, and ticked one by one by whoever approves them."""
