"""What planners ask: forecasts that respect their date, planning tables, backtests, and where a figure comes from."""
