"""How does Airtable behave, for a client that cannot tell the difference?"""
