"""The census and the movements of patients."""
