package dev.greenroom.config.settings;

import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.settings.MetricsSettings.WarmUpSettings;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.config.settings.WorkerSections.BrowserSettings;
import dev.greenroom.config.settings.WorkerSections.CapacitySettings;
import dev.greenroom.config.settings.WorkerSections.DrainSettings;
import dev.greenroom.config.settings.WorkerSections.DriverSettings;
import dev.greenroom.config.settings.WorkerSections.MemorySettings;
import dev.greenroom.config.settings.WorkerSections.PoolSettings;
import dev.greenroom.config.settings.WorkerSections.RegistrationSettings;
import dev.greenroom.config.settings.WorkerSections.SandboxSettings;
import java.util.List;

/// All settings of `greenroom worker`.
public record WorkerSettings(
        RegistrationSettings presence,
        RedisSettings redis,
        GridSecretSettings secret,
        CapacitySettings capacity,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        SandboxSettings sandbox,
        RelaySettings relay,
        DrainSettings drain,
        WarmUpSettings warmUp,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Checks the rules across sections.
    public WorkerSettings {
        new SettingsRules().all(redis.missing()).all(pool.excess(capacity)).check();
    }

    /// The settings of the worker itself, without those of Redis, metrics and log.
    public WorkerSections sections() {
        return new WorkerSections(presence, secret, capacity, browser, pool, memory, driver, sandbox, relay, drain);
    }

    @Override
    public List<SettingsFinding> warnings() {
        return presence.warnings();
    }
}
