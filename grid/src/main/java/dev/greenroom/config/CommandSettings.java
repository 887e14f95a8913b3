package dev.greenroom.config;

import java.util.List;

/// The root record of one command.
public sealed interface CommandSettings permits ServiceSettings, ToolSettings {

    /// What is allowed but unwise.
    List<Finding> warnings();
}
