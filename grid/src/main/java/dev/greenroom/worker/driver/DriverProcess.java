package dev.greenroom.worker.driver;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.process.ChildProcess;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// One sandboxed Node.js process that runs `host.js` with one version of playwright-core, and the browsers
/// that it launched. It ends when its stdin ends, so it never outlives this JVM.
final class DriverProcess implements Driver {
    private static final Logger LOG = LoggerFactory.getLogger(DriverProcess.class);

    /// Exit codes of processes that a signal killed start here.
    private static final int FIRST_CODE_OF_SIGNALS = 128;

    private final DriverPackage driver;
    private final DriverFolder folder;
    private final ChildProcess process;
    private final DriverBrowsers browsers;
    private final AtomicReference<State> state = new AtomicReference<>(State.STARTING);
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final CompletableFuture<String> death = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /// The states of a driver, in this order; some may be skipped.
    private enum State {
        STARTING,
        READY,
        CLOSING,
        ENDED
    }

    private DriverProcess(DriverPackage driver, DriverFolder folder, ChildProcess process) {
        this.driver = driver;
        this.folder = folder;
        this.process = process;
        this.browsers = new DriverBrowsers(driver.version(), folder, process::send, process.handle());
    }

    /// Starts a process and waits until it is ready.
    ///
    /// @throws DriverFailedException when it is not; it has ended then
    static DriverProcess start(DriverPackage driver, DriverFolder folder, ExternalCommand command, Duration timeout)
            throws InterruptedException {
        DriverProcess started;
        try {
            started = new DriverProcess(
                    driver,
                    folder,
                    ChildProcess.start("driver-" + driver.version(), command, Optional.of(folder.root())));
        } catch (IOException e) {
            folder.delete();
            throw new DriverFailedException("cannot start node (" + e.getMessage() + ")", e);
        }
        started.process.listen(started::onMessage, started::exited);
        boolean ready = false;
        try {
            started.awaitReady(timeout);
            ready = true;
            return started;
        } finally {
            if (!ready) {
                started.close();
            }
        }
    }

    private void awaitReady(Duration timeout) throws InterruptedException {
        try {
            var release = ready.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            log().addKeyValue("release", release)
                    .addKeyValue("code", "driver-started")
                    .log("Driver started");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof DriverFailedException failed
                    ? failed
                    : new DriverFailedException(e.toString(), e);
        } catch (TimeoutException e) {
            throw new DriverFailedException(
                    "the driver of Playwright " + version() + " was not ready within " + timeout.toMillis()
                            + " ms of its start",
                    e);
        }
    }

    /// Blocks these ports and servers for this driver while it runs.
    void apply(BlockedPorts ports) {
        Consumer<BlockedPorts.BlockedAddresses> listener = blocked -> process.send(DriverMessage.block(blocked));
        ports.add(listener);
        var _ = ended.thenRun(() -> ports.remove(listener));
    }

    @Override
    public PlaywrightVersion version() {
        return driver.version();
    }

    @Override
    public long pid() {
        return process.handle().pid();
    }

    @Override
    public boolean alive() {
        return state.get() == State.READY;
    }

    @Override
    public LaunchResult launch(LaunchSpec spec, Duration timeout) throws InterruptedException {
        return browsers.launch(spec, timeout);
    }

    @Override
    public void onDeath(Consumer<String> action) {
        var _ = death.thenAcceptAsync(action, Thread::startVirtualThread);
    }

    private void onMessage(String line) {
        switch (DriverMessage.of(line).orElse(null)) {
            case DriverMessage.Ready(var release) -> {
                state.compareAndSet(State.STARTING, State.READY);
                ready.complete(release);
            }
            case DriverMessage.Launched launched -> browsers.launched(launched);
            case DriverMessage.Spawned(var id, var pid) -> browsers.spawned(id, pid);
            case DriverMessage.LaunchRequested(var id) -> browsers.launchRequested(id);
            case DriverMessage.LaunchEnded(var id, var succeeded) -> browsers.launchEnded(id, succeeded);
            case DriverMessage.Refused(var id, var option, var why) ->
                browsers.notLaunched(id, new LaunchResult.Refused(option, why));
            case DriverMessage.Failed(var id, var why) -> browsers.failed(id, why);
            case DriverMessage.Incompatible(var id, var why) ->
                browsers.notLaunched(id, new LaunchResult.VersionUnusable(why));
            case DriverMessage.Died(var id, var how) -> {
                LOG.atWarn()
                        .addKeyValue("version", version())
                        .addKeyValue("how", how)
                        .addKeyValue("code", "browser-died")
                        .log("Browser died");
                browsers.died(id);
            }
            case DriverMessage.Closed(var id) -> browsers.closed(id);
            case null ->
                LOG.atDebug()
                        .addKeyValue("line", line)
                        .addKeyValue("code", "driver-said-something-else")
                        .log("Unknown message from driver");
        }
    }

    private void exited(int code) {
        var before = state.getAndUpdate(now -> now == State.CLOSING ? now : State.ENDED);
        ended.complete(null);
        if (before == State.CLOSING) {
            return;
        }
        var cause = "the driver of Playwright " + version() + " ended with exit code " + code;
        var tail = process.errorTail();
        LOG.atWarn()
                .addKeyValue("version", version())
                .addKeyValue("exitCode", code)
                .addKeyValue("stderr", tail)
                .addKeyValue("code", "driver-died")
                .log("Driver died");
        browsers.hostEnded(cause, false);
        ready.completeExceptionally(failedStart(code, tail.isBlank() ? cause : cause + ": " + tail));
        folder.delete();
        death.complete(cause);
    }

    /// A driver that was killed, for example for lack of memory, may start the next time.
    private static DriverFailedException failedStart(int code, String why) {
        return code < FIRST_CODE_OF_SIGNALS
                ? DriverFailedException.ofBrokenDriver(why)
                : new DriverFailedException(why);
    }

    @Override
    public void close() {
        var before = state.getAndUpdate(now -> now == State.ENDED ? now : State.CLOSING);
        if (before == State.CLOSING || before == State.ENDED) {
            return;
        }
        process.kill();
        browsers.hostEnded("the driver was closed", true);
        folder.delete();
        log().addKeyValue("code", "driver-ended").log("Driver ended");
    }

    private LoggingEventBuilder log() {
        return LOG.atInfo()
                .addKeyValue("version", version())
                .addKeyValue("pid", process.handle().pid());
    }
}
