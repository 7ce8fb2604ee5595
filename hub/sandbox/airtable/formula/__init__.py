"""What does a formula say about a record?"""
