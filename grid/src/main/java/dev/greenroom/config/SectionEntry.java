package dev.greenroom.config;

import java.util.List;

/// Settings that belong together.
///
/// @param title the heading over them
/// @param settings in the order in which they are shown
public record SectionEntry(String title, List<SettingEntry> settings) {}
