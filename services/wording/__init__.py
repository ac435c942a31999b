"""The words of texts and mails, put together only when a message leaves."""
