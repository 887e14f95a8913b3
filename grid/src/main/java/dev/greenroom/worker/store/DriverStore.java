package dev.greenroom.worker.store;

import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The drivers of this machine: the bundled one, those in the store, and those that can be fetched. Several
/// workers may share the store's folder. Safe for use by many threads.
public final class DriverStore implements DriverSource {
    private static final Logger LOG = LoggerFactory.getLogger(DriverStore.class);
    private static final Duration FAILURE_AGE = Duration.ofSeconds(30);

    /// How long an unusable version is refused before it is tried again.
    static final Duration UNUSABLE_AGE = Duration.ofMinutes(5);

    private static final int MAX_FAILURES = 256;
    private static final int MAX_STORED = 12;
    private static final String NODE_VARIABLE = "PLAYWRIGHT_NODEJS_PATH";

    private final DriverSettings settings;
    private final Map<String, String> environment;
    private final InstantSource clock;
    private final DriverStoreFolder store;
    private final DriverDownload fetch;
    private final ConcurrentMap<PlaywrightVersion, CompletableFuture<DriverResolution>> fetching =
            new ConcurrentHashMap<>();
    private final ConcurrentMap<PlaywrightVersion, FailedVersion> failures = new ConcurrentHashMap<>();

    /// Versions that do not work on this machine; few, because only stored versions get here.
    private final ConcurrentMap<PlaywrightVersion, FailedVersion> unusable = new ConcurrentHashMap<>();

    /// Drivers that were used, and when; written to the folder by [#refresh].
    private final ConcurrentMap<DriverPackage, Instant> used = new ConcurrentHashMap<>();

    /// A snapshot of the folder: clients do not wait for the disk, which may be on the network.
    private volatile Map<PlaywrightVersion, DriverPackage> stored;

    private volatile @Nullable DriverPackage bundled;

    /// Why a version cannot be had for a while.
    private record FailedVersion(String why, Instant until) {}

    /// @param environment of this process: names the node and the npm registry to use
    public DriverStore(DriverSettings settings, Map<String, String> environment, InstantSource clock) {
        this(settings, environment, clock, NpmRegistryLookup.of(environment));
    }

    DriverStore(
            DriverSettings settings, Map<String, String> environment, InstantSource clock, NpmRegistryLookup lookup) {
        this.settings = settings;
        this.environment = Map.copyOf(environment);
        this.clock = clock;
        this.store = new DriverStoreFolder(settings.store().toAbsolutePath(), clock);
        this.fetch = new DriverDownload(store, lookup, settings.fetchTimeout(), clock);
        this.stored = newestOfEach(store.drivers());
    }

    private static Map<PlaywrightVersion, DriverPackage> newestOfEach(List<DriverPackage> ascending) {
        var newest = new TreeMap<PlaywrightVersion, DriverPackage>();
        ascending.forEach(driver -> newest.put(driver.version(), driver));
        return Map.copyOf(newest);
    }

    /// Unpacks the bundled driver the first time, and returns the node that runs drivers. Blocks for some
    /// seconds.
    ///
    /// @throws DriverFailedException when the store cannot be written, or the node does not run
    public NodeBinary open() throws InterruptedException {
        try {
            var bundle = BundledDriver.install(store);
            bundled = bundle.driver();
            var explicit = environment.getOrDefault(NODE_VARIABLE, "");
            return NodeBinary.at(explicit.isBlank() ? bundle.node() : Path.of(explicit));
        } catch (IOException e) {
            throw new DriverFailedException(
                    "cannot unpack Playwright's driver into " + settings.store() + " (" + e
                            + "); set DRIVER_STORE to a folder that this user may write to",
                    e);
        }
    }

    @Override
    public List<PlaywrightVersion> available() {
        var versions = new TreeSet<PlaywrightVersion>();
        Optional.ofNullable(bundled).map(DriverPackage::version).ifPresent(versions::add);
        versions.addAll(stored.keySet());
        versions.removeIf(version -> !settings.versions().includes(Optional.of(version))
                || current(unusable, version).isPresent());
        return List.copyOf(versions);
    }

    @Override
    public Optional<PlaywrightVersion> preferred() {
        var available = available();
        if (!available.isEmpty()) {
            return Optional.of(available.getLast());
        }
        return settings.versions() instanceof SupportedVersions.Only(var versions)
                ? Optional.of(versions.getLast())
                : Optional.empty();
    }

    @Override
    public DriverResolution resolve(PlaywrightVersion version, Duration patience) throws InterruptedException {
        return await(resolution(version), version, patience);
    }

    @Override
    public DriverResolution resolveNow(PlaywrightVersion version) {
        return resolution(version).getNow(new DriverResolution.StillFetching(version));
    }

    /// Never blocks, and touches no disk.
    private CompletableFuture<DriverResolution> resolution(PlaywrightVersion version) {
        if (!settings.versions().includes(Optional.of(version))) {
            return CompletableFuture.completedFuture(new DriverResolution.Unavailable(
                    available(), "PLAYWRIGHT_VERSIONS allows " + settings.versions() + " only"));
        }
        var failure = current(unusable, version);
        if (failure.isEmpty()) {
            var known = known(version);
            if (known.isPresent()) {
                used.put(known.get(), clock.instant());
                return CompletableFuture.completedFuture(new DriverResolution.Stored(known.get()));
            }
            failure = current(failures, version);
        }
        return failure.map(why -> CompletableFuture.<DriverResolution>completedFuture(
                        new DriverResolution.Unavailable(available(), why)))
                .orElseGet(() -> fetching.computeIfAbsent(version, this::startFetch));
    }

    private Optional<String> current(Map<PlaywrightVersion, FailedVersion> of, PlaywrightVersion version) {
        return Optional.ofNullable(of.get(version))
                .filter(failure -> failure.until().isAfter(clock.instant()))
                .map(FailedVersion::why);
    }

    private Optional<DriverPackage> known(PlaywrightVersion version) {
        var mine = bundled;
        return mine != null && mine.version().equals(version)
                ? Optional.of(mine)
                : Optional.ofNullable(stored.get(version));
    }

    @Override
    public void unusable(PlaywrightVersion version, String why) {
        unusable.put(version, new FailedVersion(why, clock.instant().plus(UNUSABLE_AGE)));
    }

    @Override
    public void refresh() {
        used.forEach((driver, at) -> {
            if (!driver.equals(bundled)) {
                store.noteUse(driver, at);
            }
            used.remove(driver, at);
        });
        stored = newestOfEach(store.drivers());
    }

    private static DriverResolution await(
            CompletableFuture<DriverResolution> answer, PlaywrightVersion version, Duration patience)
            throws InterruptedException {
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            return new DriverResolution.StillFetching(version);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The fetch has its own thread: the client that requested it may leave while others still wait.
    private CompletableFuture<DriverResolution> startFetch(PlaywrightVersion version) {
        var answer = new CompletableFuture<DriverResolution>();
        Thread.ofVirtual().name("driver-fetch-" + version).start(() -> {
            try {
                var driverResolution = fetch(version);
                fetching.remove(version); // first, so that later calls see the result in the store
                answer.complete(driverResolution);
            } catch (RuntimeException e) {
                fetching.remove(version);
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private DriverResolution fetch(PlaywrightVersion version) {
        var started = clock.instant();
        try {
            refresh(); // another worker may have fetched it
            var driver = known(version).orElse(null);
            if (driver == null) {
                driver = fetch.fetch(version);
                LOG.atInfo()
                        .addKeyValue("release", driver.release())
                        .addKeyValue(
                                "durationMs",
                                Duration.between(started, clock.instant()).toMillis())
                        .addKeyValue("code", "driver-fetched")
                        .log("Driver fetched");
                store.evict(keep());
                refresh();
            }
            failures.remove(version);
            return new DriverResolution.Stored(driver);
        } catch (IOException e) {
            return failed(version, String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return failed(version, "fetching it was interrupted");
        }
    }

    private DriverResolution failed(PlaywrightVersion version, String why) {
        LOG.atWarn()
                .addKeyValue("code", "driver-is-not-to-be-had")
                .addKeyValue("version", version)
                .addKeyValue("cause", why)
                .log("Driver not available");
        if (failures.size() >= MAX_FAILURES) {
            failures.clear();
        }
        failures.put(version, new FailedVersion(why, clock.instant().plus(FAILURE_AGE)));
        return new DriverResolution.Unavailable(available(), why);
    }

    private int keep() {
        return settings.versions() instanceof SupportedVersions.Only(var versions)
                ? Math.max(MAX_STORED, versions.size())
                : MAX_STORED;
    }

    @Override
    public DriverHold hold(DriverPackage driver) {
        if (driver.equals(bundled)) {
            return () -> {};
        }
        store.hold(driver);
        return () -> store.release(driver);
    }
}
