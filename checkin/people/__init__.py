"""People as the store knows them: blind indexes and a home commune, nothing readable; and the rules for
reading names, numbers and cards."""
