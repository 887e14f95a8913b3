package dev.greenroom.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;

/// What the program finds around it.
///
/// @param environment every environment variable
/// @param home the user's folder, which `~` stands for
/// @param version the program's own version
/// @param out for what was asked for
/// @param err for what went wrong
public record Surroundings(
        Map<String, String> environment, Path home, String version, PrintWriter out, PrintWriter err) {}
