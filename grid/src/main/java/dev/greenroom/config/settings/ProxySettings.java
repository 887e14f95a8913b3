package dev.greenroom.config.settings;

import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.settings.ProxySections.ClientSettings;
import dev.greenroom.config.settings.ProxySections.ConnectionSettings;
import dev.greenroom.config.settings.ProxySections.DialSettings;
import dev.greenroom.config.settings.ProxySections.LeaseSettings;
import dev.greenroom.config.settings.ProxySections.QueueSettings;
import dev.greenroom.config.settings.ProxySections.RelaySettings;
import dev.greenroom.config.settings.ProxySections.ShutdownSettings;
import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.config.settings.WorkerSections.CapacitySettings;
import java.util.List;
import java.util.stream.Stream;

/// All settings of `greenroom proxy`.
public record ProxySettings(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        RedisSettings redis,
        CapacitySettings capacity,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        GridSecretSettings secret,
        RelaySettings relay,
        ShutdownSettings shutdown,
        MetricsSettings metrics,
        LogSettings log)
        implements ServiceSettings {

    /// Checks the rules across sections.
    public ProxySettings {
        new SettingsRules().all(redis.missing()).check();
    }

    /// The settings of the proxy itself, without those of Redis, metrics and log.
    public ProxySections sections() {
        return new ProxySections(listen, connections, access, queue, defaults, lease, dial, secret, relay, shutdown);
    }

    @Override
    public List<SettingsFinding> warnings() {
        return Stream.concat(access.warnings(listen).stream(), lease.warnings().stream())
                .toList();
    }
}
