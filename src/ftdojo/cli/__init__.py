"""The command line: a thin skin. Each command parses, calls one public function, and renders."""
