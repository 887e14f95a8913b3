package dev.greenroom.config;

import java.util.List;

/// The root record of one command.
public sealed interface CommandSettings permits UpSettings, ProxySettings, WorkerSettings {

    /// What is logged, and how.
    LogSettings log();

    /// What is allowed but unwise.
    List<Finding> warnings();
}
