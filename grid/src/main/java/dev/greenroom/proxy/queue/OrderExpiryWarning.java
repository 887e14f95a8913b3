package dev.greenroom.proxy.queue;

import dev.greenroom.registry.OrderTtl;
import dev.greenroom.registry.Registry;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Says once when orders to workers may expire unheard. Used by one thread at a time.
final class OrderExpiryWarning {
    private static final Logger LOG = LoggerFactory.getLogger(OrderExpiryWarning.class);

    private final Registry registry;
    private final Duration ttl;
    private Optional<OrderTtl.TtlFinding> said = Optional.empty();

    /// @param ttl of an order
    OrderExpiryWarning(Registry registry, Duration ttl) {
        this.registry = registry;
        this.ttl = ttl;
    }

    void run() {
        try {
            var finding = OrderTtl.finding(ttl, registry.workers());
            if (!finding.equals(said)) {
                said = finding;
                finding.ifPresent(OrderExpiryWarning::say);
            }
        } catch (RegistryUnavailableException e) {
            LOG.atDebug().addKeyValue("cause", e.getMessage()).log("Could not look at the workers' heartbeats");
        }
    }

    private static void say(OrderTtl.TtlFinding finding) {
        LOG.atLevel(finding.tooShort() ? Level.ERROR : Level.WARN)
                .addKeyValue("code", "ORDERS_EXPIRE_UNHEARD")
                .log(finding.sentence());
    }
}
