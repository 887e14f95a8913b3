package dev.greenroom.config.settings;

import dev.greenroom.config.Setting.DefaultOverride;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.settings.MetricsSettings.WarmUpSettings;
import dev.greenroom.config.settings.ProxySections.ClientSettings;
import dev.greenroom.config.settings.ProxySections.ConnectionSettings;
import dev.greenroom.config.settings.ProxySections.DialSettings;
import dev.greenroom.config.settings.ProxySections.LeaseSettings;
import dev.greenroom.config.settings.ProxySections.QueueSettings;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.config.settings.ProxySections.ShutdownSettings;
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
import java.util.stream.Stream;

/// All settings of `greenroom up`: a proxy and a worker without Redis.
@DefaultOverride(name = "BIND_ADDRESS", value = "127.0.0.1")
@DefaultOverride(name = "LOG_FORMAT", value = "text")
@DefaultOverride(name = "WORKER_SELECT_TIMEOUT", value = "25")
public record UpSettings(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        CapacitySettings capacity,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        BrowserSettings browser,
        PoolSettings pool,
        MemorySettings memory,
        DriverSettings driver,
        SandboxSettings sandbox,
        DrainSettings drain,
        WarmUpSettings warmUp,
        ShutdownSettings shutdown,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Checks the rules across sections.
    public UpSettings {
        new SettingsRules().all(pool.excess(capacity)).check();
    }

    /// The settings of the proxy.
    public ProxySections proxy() {
        return new ProxySections(
                listen, connections, access, queue, defaults, lease, dial, GridSecretSettings.none(), relay, shutdown);
    }

    /// The settings of the worker, which listens on a free port of the loopback interface.
    public WorkerSections worker() {
        return new WorkerSections(
                RegistrationSettings.withinOneProcess(),
                GridSecretSettings.none(),
                capacity,
                browser,
                pool,
                memory,
                driver,
                sandbox,
                relay,
                drain);
    }

    @Override
    public List<SettingsFinding> warnings() {
        return Stream.concat(access.warnings(listen).stream(), lease.warnings().stream())
                .toList();
    }
}
