package dev.greenroom.worker.pool;

import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// Launches browsers, those of sessions first, and counts.
final class Launcher {
    private final Keepers keepers;
    private final LaunchSpec spec;
    private final LaunchGate gate;
    private final LongSupplier nanos;
    private final LongAdder launches = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder crashes = new LongAdder();
    private final LongAdder allNanos = new LongAdder();
    private volatile long lastNanos;

    /// @param spec how every browser is launched
    /// @param atOnce launches at the same time
    Launcher(Keepers keepers, LaunchSpec spec, int atOnce, LongSupplier nanos) {
        this.keepers = keepers;
        this.spec = spec;
        this.gate = new LaunchGate(atOnce);
        this.nanos = nanos;
    }

    /// How browsers are launched that nobody wants otherwise.
    LaunchSpec usual() {
        return spec;
    }

    /// Launches for a session that waits.
    LaunchResult forSession(DriverPackage driver, Deadline deadline) throws InterruptedException {
        return forSession(driver, spec, deadline);
    }

    /// Launches for a session that waits, and wants its browser to be otherwise.
    LaunchResult forSession(DriverPackage driver, LaunchSpec wanted, Deadline deadline) throws InterruptedException {
        if (!gate.enter(deadline.left())) {
            failures.increment();
            return new LaunchResult.Failed("too many browsers are being launched");
        }
        return launchAndLeave(driver, wanted, deadline);
    }

    /// Launches when no session waits for a launch.
    LaunchResult forShelf(DriverPackage driver) throws InterruptedException {
        gate.enterWhenQuiet();
        return launchAndLeave(driver, spec, Deadline.in(spec.timeout(), nanos));
    }

    private LaunchResult launchAndLeave(DriverPackage driver, LaunchSpec wanted, Deadline deadline)
            throws InterruptedException {
        try {
            var started = nanos.getAsLong();
            var result = keepers.launch(driver, wanted, deadline);
            switch (result) {
                case LaunchResult.Launched(var browser) -> {
                    lastNanos = nanos.getAsLong() - started;
                    allNanos.add(lastNanos);
                    launches.increment();
                    browser.onDeath(crashes::increment);
                }
                case LaunchResult.Failed _ -> failures.increment();
            }
            return result;
        } finally {
            gate.leave();
        }
    }

    PoolStats stats(int warm, int inUse) {
        var count = launches.sum();
        return new PoolStats(
                warm,
                inUse,
                count,
                failures.sum(),
                crashes.sum(),
                Duration.ofNanos(lastNanos),
                Duration.ofNanos(count == 0 ? 0 : allNanos.sum() / count));
    }
}
