"""From approved content to what answers: building, comparing, publishing, taking back, notices."""
