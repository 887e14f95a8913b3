package dev.greenroom.worker.pool;

import dev.greenroom.worker.driver.DriverPackage;
import dev.greenroom.worker.driver.LaunchPace;
import dev.greenroom.worker.driver.LaunchResult;
import dev.greenroom.worker.driver.LaunchSpec;
import dev.greenroom.worker.driver.LaunchedBrowser;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Launches browsers, those of sessions first, and counts.
final class Launcher {
    private static final String TOO_MANY = "too many browsers are being launched";

    private final Keepers keepers;
    private final LaunchSpec spec;
    private final LaunchGate gate;
    private final LongSupplier nanos;
    private final LongAdder launches = new LongAdder();
    private final LongAdder launchNanos = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder crashes = new LongAdder();
    private volatile PoolWatch watch = PoolWatch.NOBODY;
    private volatile Consumer<LaunchedBrowser> waiting = _ -> {};

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
        if (!gate.enter(deadline.left())) {
            failed();
            return new LaunchResult.Failed(TOO_MANY);
        }
        return launchAndLeave(driver, deadline);
    }

    /// Makes a place where a browser is launched that is as a session wants it, once its client comes there. That
    /// launch passes the gate as any other does.
    LaunchResult onConnect(DriverPackage driver, LaunchSpec wanted, Deadline deadline) throws InterruptedException {
        var result = keepers.launch(driver, wanted, deadline);
        switch (result) {
            case LaunchResult.Launched(var browser) -> {
                browser.paced(new Turn(wanted.timeout()));
                browser.onDeath(this::crashed);
            }
            case LaunchResult.Failed _ -> failed();
        }
        return result;
    }

    /// Launches when no session waits for a launch.
    LaunchResult forShelf(DriverPackage driver) throws InterruptedException {
        gate.enterWhenQuiet();
        return launchAndLeave(driver, Deadline.in(spec.timeout(), nanos));
    }

    private LaunchResult launchAndLeave(DriverPackage driver, Deadline deadline) throws InterruptedException {
        try {
            var started = nanos.getAsLong();
            var result = keepers.launch(driver, spec, deadline);
            switch (result) {
                case LaunchResult.Launched(var browser) -> {
                    cameUp(started);
                    browser.onDeath(this::crashed);
                }
                case LaunchResult.Failed _ -> failed();
            }
            return result;
        } finally {
            gate.leave();
        }
    }

    private void cameUp(long startedNanos) {
        var took = nanos.getAsLong() - startedNanos;
        launches.increment();
        launchNanos.add(took);
        watch.launched(Duration.ofNanos(took));
    }

    private void failed() {
        failures.increment();
        watch.launchFailed();
    }

    private void crashed() {
        crashes.increment();
        watch.crashed();
    }

    /// Tells of launches and crashes from now on.
    void watchedBy(PoolWatch other) {
        watch = other;
    }

    /// Tells of browsers that wait for sessions from now on. Must not block.
    void onWaiting(Consumer<LaunchedBrowser> listener) {
        waiting = listener;
    }

    /// Says that a browser waits for sessions.
    void waits(LaunchedBrowser browser) {
        waiting.accept(browser);
    }

    PoolStats stats(int warm, int inUse) {
        return new PoolStats(
                warm,
                inUse,
                launches.sum(),
                Duration.ofNanos(launchNanos.sum()),
                failures.sum(),
                crashes.sum(),
                keepers.running());
    }

    /// One launch for a client that has come.
    private final class Turn implements LaunchPace {
        private final Duration patience;
        private volatile long startedNanos;

        Turn(Duration patience) {
            this.patience = patience;
        }

        @Override
        public Optional<String> awaitTurn() throws InterruptedException {
            if (!gate.enter(patience)) {
                failed();
                return Optional.of(TOO_MANY);
            }
            startedNanos = nanos.getAsLong();
            return Optional.empty();
        }

        @Override
        public void ended(LaunchEnd how) {
            switch (how) {
                case UP -> cameUp(startedNanos);
                case FAILED -> failed();
                case LEFT -> {
                    // Nothing was launched, and nothing failed.
                }
            }
            gate.leave();
        }
    }
}
