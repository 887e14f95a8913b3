package dev.greenroom.cli;

import dev.greenroom.config.ProxySettings;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WorkerSettings;

/// What each command starts.
public record Launches(Start<UpSettings> up, Start<ProxySettings> proxy, Start<WorkerSettings> worker) {}
