"""What tests and evidence use: courses, a browser, marks as plain data. No test imports a test."""
