"""How does Airtable's Web API look on the wire?"""
