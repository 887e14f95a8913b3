package dev.greenroom.config.settings;

/// The root record of a command that serves until it is told to stop, and logs meanwhile.
public sealed interface ServiceSettings extends CommandSettings permits UpSettings, ProxySettings, WorkerSettings {

    /// What is logged, and how.
    LogSettings log();
}
