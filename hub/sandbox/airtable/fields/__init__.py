"""What may be written to a cell of each type, and what is read back?"""
