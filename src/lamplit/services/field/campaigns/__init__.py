"""Campaigns: their lists, calendars, boards, reports and labels."""
