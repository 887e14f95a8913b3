package dev.greenroom.worker.driver;

import dev.greenroom.schedule.PeriodicTask;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.driver.Driver.LaunchResult;
import dev.greenroom.worker.driver.SandboxPolicy.BlockedPorts;
import dev.greenroom.worker.process.ChildProcess;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// One sandboxed Node.js process that runs `host.js` with one version of playwright-core, and the browsers
/// that it launched. It ends when its stdin ends, so it never outlives this JVM.
final class DriverProcess implements Driver {
    private static final Logger LOG = LoggerFactory.getLogger(DriverProcess.class);

    /// Exit codes of processes that a signal killed start here.
    private static final int FIRST_CODE_OF_SIGNALS = 128;

    /// What node writes to stderr when its heap is full.
    private static final String HEAP_FULL = "JavaScript heap out of memory";

    private static final int MAX_SERVING_BYTES = 64;

    private final DriverPackage driver;
    private final DriverFolder folder;
    private final ChildProcess process;
    private final DriverBrowsers browsers;
    private final DriverWatch watch;
    private final Duration hangTimeout;
    private final AtomicReference<State> state = new AtomicReference<>(State.STARTING);
    private final CompletableFuture<String> ready = new CompletableFuture<>();
    private final CompletableFuture<DriverDeath> death = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /// The states of a driver, in this order; some may be skipped.
    private enum State {
        STARTING,
        READY,
        HUNG,
        CLOSING,
        ENDED
    }

    private DriverProcess(DriverPackage driver, DriverFolder folder, ChildProcess process, Duration hangTimeout) {
        this.driver = driver;
        this.folder = folder;
        this.process = process;
        this.hangTimeout = hangTimeout;
        var pid = process.handle().pid();
        this.watch = new DriverWatch(
                number -> process.send(DriverMessage.ping(number)),
                System::nanoTime,
                () -> DriverWatch.waitedNanos(pid),
                hangTimeout);
        this.browsers =
                new DriverBrowsers(driver.version(), folder, process::send, process.handle(), watch::isResponsive);
    }

    /// Starts a process and waits until it is ready.
    ///
    /// @param hangTimeout how long it may not answer before it is ended
    /// @throws DriverFailedException when it is not; it has ended then
    static DriverProcess start(
            DriverPackage driver, DriverFolder folder, ExternalCommand command, Duration timeout, Duration hangTimeout)
            throws InterruptedException {
        DriverProcess started;
        try {
            started = new DriverProcess(
                    driver,
                    folder,
                    ChildProcess.start("driver-" + driver.version(), command, Optional.of(folder.root())),
                    hangTimeout);
        } catch (IOException e) {
            folder.delete();
            throw new DriverFailedException("cannot start node (" + e.getMessage() + ")", e);
        }
        started.process.listen(started::onMessage, started::exited);
        boolean ready = false;
        try {
            started.awaitReady(timeout);
            started.watch();
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

    /// Ends it when it hangs.
    private void watch() {
        var task = PeriodicTask.every(DriverWatch.INTERVAL, "driver-watch-" + version(), () -> {
            var isHung = watch.tick();
            if (!watch.isResponsive()) {
                browsers.unresponsive();
            }
            if (isHung && state.compareAndSet(State.READY, State.HUNG)) {
                hung();
            }
        });
        var _ = ended.thenRun(task::close);
    }

    /// Its sessions end at once, whenever the process does.
    private void hung() {
        var words = "the driver of Playwright " + version() + " did not answer for " + hangTimeout.toSeconds() + " s";
        LOG.atWarn()
                .addKeyValue("code", "DRIVER_HUNG")
                .addKeyValue("version", version())
                .addKeyValue("pid", pid())
                .addKeyValue("sessionId", served())
                .log("Driver hung: ended with its sessions");
        browsers.hostEnded(words, Optional.of(Cause.DRIVER_HUNG));
        Thread.ofVirtual().name("driver-kill").start(process::killNow);
    }

    /// The session that it served last, as far as it is known; several where they share a browser.
    private String served() {
        try (var file = Files.newInputStream(folder.serving(), LinkOption.NOFOLLOW_LINKS)) {
            var fields = new String(file.readNBytes(MAX_SERVING_BYTES), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ", -1);
            return fields.length < 2 ? "" : ids(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        } catch (IOException | NumberFormatException _) {
            return "";
        }
    }

    private String ids(long browser, long connection) {
        return browsers.sessions(browser, connection).stream()
                .map(SessionId::toString)
                .collect(Collectors.joining(","));
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
    public boolean responsive() {
        return alive() && watch.isResponsive();
    }

    @Override
    public LaunchResult launch(LaunchSpec spec, Duration timeout) throws InterruptedException {
        return browsers.launch(spec, timeout);
    }

    @Override
    public void onDeath(Consumer<DriverDeath> action) {
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
            case DriverMessage.Emptied(var id, var refusal) -> browsers.emptied(id, refusal);
            case DriverMessage.Ended told -> {
                LOG.atWarn()
                        .addKeyValue("code", "SESSION_ENDED_BY_DRIVER")
                        .addKeyValue("version", version())
                        .addKeyValue("sessionId", ids(told.id(), told.connection()))
                        .addKeyValue("cause", told.cause())
                        .addKeyValue("detail", told.detail())
                        .log("Driver ended a session");
                browsers.sessionEnded(told);
            }
            case DriverMessage.Picture(var id, var view, var jpeg) ->
                browsers.views(id).ifPresent(views -> views.picture(view, jpeg));
            case DriverMessage.ViewFailed(var id, var view, var why) ->
                browsers.views(id).ifPresent(views -> views.failed(view, why));
            case DriverMessage.Pages(var id, var call, var pages, var failed) ->
                browsers.views(id)
                        .ifPresent(views -> views.answered(
                                call,
                                failed.isEmpty()
                                        ? CompletableFuture.completedFuture(pages)
                                        : CompletableFuture.failedFuture(new DriverFailedException(failed))));
            case DriverMessage.Timeline(var id, var call, var timeline) ->
                browsers.views(id).ifPresent(views -> views.answered(call, timeline));
            case DriverMessage.Pong(var number) -> watch.answered(number);
            case DriverMessage.ConsoleBounded bounded ->
                LOG.atInfo()
                        .addKeyValue("code", "CONSOLE_BOUNDED")
                        .addKeyValue("version", version())
                        .addKeyValue("sessionId", ids(bounded.id(), bounded.connection()))
                        .addKeyValue("dropped", bounded.dropped())
                        .addKeyValue("cut", bounded.cut())
                        .log("Console messages dropped or cut");
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
        var kind = before == State.HUNG
                ? Cause.DRIVER_HUNG
                : tail.contains(HEAP_FULL) ? Cause.DRIVER_OUT_OF_MEMORY : Cause.BROWSER_CRASHED;
        var ofSession = kind != Cause.BROWSER_CRASHED || browsers.servedLately();
        LOG.atWarn()
                .addKeyValue("version", version())
                .addKeyValue("exitCode", code)
                .addKeyValue("cause", kind.words())
                .addKeyValue("stderr", tail)
                .addKeyValue("code", "driver-died")
                .log("Driver died");
        browsers.hostEnded(cause, Optional.of(kind));
        ready.completeExceptionally(failedStart(code, tail.isBlank() ? cause : cause + ": " + tail));
        folder.delete();
        death.complete(new DriverDeath(kind, cause, ofSession));
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
        browsers.hostEnded("the driver was closed", Optional.empty());
        folder.delete();
        log().addKeyValue("code", "driver-ended").log("Driver ended");
    }

    private LoggingEventBuilder log() {
        return LOG.atInfo()
                .addKeyValue("version", version())
                .addKeyValue("pid", process.handle().pid());
    }
}
