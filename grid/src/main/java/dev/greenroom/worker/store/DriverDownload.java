package dev.greenroom.worker.store;

import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Fetches drivers from the npm registry into the store.
final class DriverDownload {
    /// Releases that are missing may be published any minute, so that answer is kept for a shorter time.
    private static final Duration CATALOGUE_AGE = Duration.ofMinutes(10);

    private static final Duration MISSING_AGE = Duration.ofSeconds(30);
    private static final int MAX_FETCHES_AT_ONCE = 2;

    private final DriverStoreFolder store;
    private final NpmRegistryLookup lookup;
    private final Duration timeout;
    private final InstantSource clock;
    private final Semaphore permits = new Semaphore(MAX_FETCHES_AT_ONCE, true);
    private final ReentrantLock catalogueLock = new ReentrantLock();
    private final AtomicReference<@Nullable Catalogue> catalogue = new AtomicReference<>();

    private record Catalogue(
            NpmRegistry registry, Map<PlaywrightVersion, NpmRegistry.Release> releases, Instant readAt) {}

    /// @param timeout for one driver, from the first request to the last byte
    DriverDownload(DriverStoreFolder store, NpmRegistryLookup lookup, Duration timeout, InstantSource clock) {
        this.store = store;
        this.lookup = lookup;
        this.timeout = timeout;
        this.clock = clock;
    }

    /// Fetches the highest stable patch of a version; blocks.
    ///
    /// @throws IOException with a sentence that says why there is none
    DriverPackage fetch(PlaywrightVersion version) throws IOException, InterruptedException {
        permits.acquire();
        try {
            var catalogue = catalogue(version);
            var release = Optional.ofNullable(catalogue.releases().get(version))
                    .orElseThrow(
                            () -> new IOException("the npm registry has no stable release of Playwright " + version));
            if (!release.isComplete()) {
                throw new IOException("it needs packages that it does not bring along, which are not fetched; versions"
                        + " from 1.22 on need none");
            }
            return store.addDriver(version, release.release(), folder -> {
                var archive = new PackageArchive(Files.createTempFile("greenroom-", ".tgz"));
                try {
                    catalogue.registry().download(release, archive.file(), timeout);
                    archive.verify(release.integrity());
                    archive.unpack(folder);
                } finally {
                    Files.deleteIfExists(archive.file());
                }
            });
        } catch (IOException e) {
            throw new IOException(
                    "Playwright " + version + " could not be fetched from the npm registry: " + e.getMessage(), e);
        } finally {
            permits.release();
        }
    }

    private Catalogue catalogue(PlaywrightVersion version) throws IOException, InterruptedException {
        catalogueLock.lockInterruptibly();
        try {
            var known = catalogue.get();
            if (known != null && fresh(known, version)) {
                return known;
            }
            var address = lookup.find()
                    .orElseThrow(() -> new IOException("none is configured; set NPM_CONFIG_REGISTRY to its URL"));
            var registry = new NpmRegistry(address);
            var read = new Catalogue(registry, registry.releases(timeout), clock.instant());
            catalogue.set(read);
            return read;
        } finally {
            catalogueLock.unlock();
        }
    }

    private boolean fresh(Catalogue known, PlaywrightVersion version) {
        var age = Duration.between(known.readAt(), clock.instant());
        return age.compareTo(known.releases().containsKey(version) ? CATALOGUE_AGE : MISSING_AGE) < 0;
    }
}
