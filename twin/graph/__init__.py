"""The twin's Microsoft Graph: subscriptions, users, mail, delta queries, `$batch`; written from the documentation."""
