package dev.greenroom.config.settings;

/// The root record of a command that runs as a service until it is stopped, and logs.
public sealed interface ServiceSettings extends CommandSettings permits UpSettings, ProxySettings, WorkerSettings {

    /// Level and format of the log.
    LogSettings log();
}
