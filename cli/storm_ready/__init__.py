"""`faultline storm-ready`: a day before landfall, whether everything is as a storm asks for."""
