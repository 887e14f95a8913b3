package dev.greenroom.worker.browser;

import java.nio.file.Path;
import java.util.Optional;

/// A browser that is installed and runs.
///
/// @param path the program
/// @param words what it is, for people, for example `Chromium 156.0.8078.79 (headless shell)`
/// @param channel Playwright's name for it, where it is not Playwright's own build
/// @param headlessShell whether it is the small build that has no window
public record BrowserBinary(Path path, String words, Optional<String> channel, boolean headlessShell) {}
