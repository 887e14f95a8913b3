package dev.greenroom.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeClock;
import dev.greenroom.testkit.FakeNpmRegistry;
import dev.greenroom.worker.process.FolderTree;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import dev.greenroom.worker.store.DriverSource.DriverResolution;
import dev.greenroom.worker.store.DriverSource.DriverResolution.StillFetching;
import dev.greenroom.worker.store.DriverSource.DriverResolution.Stored;
import dev.greenroom.worker.store.DriverSource.DriverResolution.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverStoreTest {
    private static final PlaywrightVersion V1_40 = new PlaywrightVersion(1, 40);
    private static final PlaywrightVersion V1_52 = new PlaywrightVersion(1, 52);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @TempDir
    private Path folder;

    private final FakeClock clock = new FakeClock(Instant.now());
    private FakeNpmRegistry registry;

    @BeforeEach
    void start() throws IOException {
        registry = FakeNpmRegistry.start();
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    @Test
    void a_version_is_fetched_once_and_then_stored() throws Exception {
        registry.publish("1.40.0").publish("1.40.1").publish("1.40.2-beta.1").publish("1.41.0");

        var first = store().resolve(V1_40, PATIENCE);
        var second = store().resolve(V1_40, Duration.ZERO);

        assertThat(first).isInstanceOfSatisfying(Stored.class, stored -> {
            assertThat(stored.driver().release()).isEqualTo("1.40.1");
            assertThat(stored.driver().folder().resolve("index.js")).hasContent("// empty");
        });
        assertThat(second).isEqualTo(first);
        assertThat(registry.downloads()).isEqualTo(1);
    }

    @Test
    void concurrent_first_uses_share_one_download() throws Exception {
        registry.publish("1.40.1").holdBack();
        var store = store();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<DriverResolution> use = () -> store.resolve(V1_40, PATIENCE);
            var uses = List.of(clients.submit(use), clients.submit(use), clients.submit(use));

            await().until(() -> registry.downloads() == 1);
            registry.letGo();

            for (var it : uses) {
                assertThat(it.get()).isInstanceOf(Stored.class);
            }
            assertThat(registry.downloads()).isEqualTo(1);
            assertThat(registry.metadataRequests()).isEqualTo(1);
        }
    }

    @Test
    void stores_that_share_a_folder_do_not_disturb_each_other() throws Exception {
        registry.publish("1.40.1").holdBack();
        try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
            var one = workers.submit(() -> store().resolve(V1_40, PATIENCE));
            var other = workers.submit(() -> store().resolve(V1_40, PATIENCE));

            await().until(() -> registry.downloads() == 2);
            registry.letGo();

            assertThat(one.get()).isInstanceOf(Stored.class).isEqualTo(other.get());
            assertThat(folder).isDirectoryNotContaining("glob:**tmp-*");
        }
    }

    @Test
    void a_fetch_that_outlasts_its_client_goes_on_for_the_next_one() throws Exception {
        registry.publish("1.40.1").holdBack();
        var store = store();

        var impatient = store.resolve(V1_40, Duration.ofMillis(50));
        registry.letGo();
        var next = store.resolve(V1_40, PATIENCE);

        assertThat(impatient).isEqualTo(new StillFetching(V1_40));
        assertThat(next).isInstanceOf(Stored.class);
        assertThat(registry.downloads()).isEqualTo(1);
    }

    @Test
    void a_package_with_another_digest_is_refused() throws Exception {
        registry.publish("1.40.1").misdescribe("1.40.1");

        var answer = store().resolve(V1_40, PATIENCE);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Unavailable.class, gone -> assertThat(gone.why()).contains("sha512 digest differs"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_version_that_was_never_published_is_asked_for_again_after_half_a_minute() throws Exception {
        registry.publish("1.52.0");
        var store = store();
        store.resolve(V1_40, PATIENCE);
        registry.publish("1.40.1");

        var soon = store.resolve(V1_40, PATIENCE);
        clock.advance(Duration.ofSeconds(31));
        var later = store.resolve(V1_40, PATIENCE);

        assertThat(soon)
                .isInstanceOfSatisfying(
                        Unavailable.class,
                        gone -> assertThat(gone.why()).contains("no stable release of Playwright 1.40"));
        assertThat(later).isInstanceOf(Stored.class);
    }

    @Test
    void offline_the_stored_versions_are_served_and_the_others_are_not() throws Exception {
        registry.publish("1.40.1").publish("1.52.0");
        store().resolve(V1_40, PATIENCE);
        registry.close();
        var store = store();

        assertThat(store.resolve(V1_40, PATIENCE)).isInstanceOf(Stored.class);
        assertThat(store.resolve(V1_52, PATIENCE))
                .isInstanceOfSatisfying(
                        Unavailable.class, gone -> assertThat(gone.available()).containsExactly(V1_40));
    }

    @Test
    void without_a_registry_the_answer_names_the_setting() throws Exception {
        var nowhere = new NpmRegistryLookup(Map.of("HOME", folder.toString()), List.of("false"));
        var store = new DriverStore(settings(new SupportedVersions.Any()), Map.of(), clock, nowhere);

        var answer = store.resolve(V1_40, PATIENCE);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Unavailable.class, gone -> assertThat(gone.why()).contains("NPM_CONFIG_REGISTRY"));
    }

    @Test
    void a_version_outside_of_the_list_is_not_even_looked_for() throws Exception {
        registry.publish("1.40.1");
        var store = store(new SupportedVersions.Only(List.of(V1_52)));

        var answer = store.resolve(V1_40, PATIENCE);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Unavailable.class,
                        gone -> assertThat(gone.why()).isEqualTo("PLAYWRIGHT_VERSIONS allows 1.52 only"));
        assertThat(registry.metadataRequests()).isZero();
        assertThat(store.preferred()).contains(V1_52);
    }

    @Test
    void a_registry_that_wants_a_token_gets_the_one_of_npmrc() throws Exception {
        registry.publish("1.40.1").demandToken(Canary.secret("npm"));
        var host = registry.url().substring("http:".length());
        Files.writeString(folder.resolve(".npmrc"), """
                registry=%s
                %s:_authToken=${TOKEN}
                """.formatted(registry.url(), host));
        var environment = Map.of("HOME", folder.toString(), "TOKEN", Canary.secret("npm"));
        var lookup = new NpmRegistryLookup(environment, List.of("false"));

        var answer = new DriverStore(settings(new SupportedVersions.Any()), environment, clock, lookup)
                .resolve(V1_40, PATIENCE);

        assertThat(answer).isInstanceOf(Stored.class);
    }

    @Test
    void of_many_versions_the_least_recently_used_goes_unless_it_is_held() throws Exception {
        var store = store();
        for (int minor = 30; minor <= 43; minor++) {
            registry.publish("1." + minor + ".0");
        }
        try (var _ = store.hold(fetched(store, 30))) {
            for (int minor = 31; minor <= 43; minor++) {
                clock.advance(Duration.ofMinutes(11));
                fetched(store, minor);
            }
        }

        assertThat(store.available())
                .hasSize(12)
                .contains(new PlaywrightVersion(1, 30), new PlaywrightVersion(1, 43))
                .doesNotContain(new PlaywrightVersion(1, 31), new PlaywrightVersion(1, 32));
    }

    @Test
    void a_version_that_needs_other_packages_is_not_fetched() throws Exception {
        registry.publish("1.20.2").addDependency("1.20.2", "ws").publish("1.52.0");
        var store = store();

        var answer = store.resolve(new PlaywrightVersion(1, 20), PATIENCE);

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Unavailable.class,
                        gone -> assertThat(gone.why()).contains("packages that it does not bring along"));
        assertThat(registry.downloads()).isZero();
    }

    @Test
    void a_version_that_does_not_work_is_refused_for_five_minutes_and_others_are_not() throws Exception {
        registry.publish("1.40.1").publish("1.52.0");
        var store = store();
        store.resolve(V1_40, PATIENCE);
        store.resolve(V1_52, PATIENCE);

        store.unusable(V1_52, "cannot find module");

        assertThat(store.resolveNow(V1_52)).isEqualTo(new Unavailable(List.of(V1_40), "cannot find module"));
        assertThat(store.preferred()).contains(V1_40);
        clock.advance(DriverStore.UNUSABLE_AGE.plusSeconds(1));
        assertThat(store.resolveNow(V1_52)).isInstanceOf(Stored.class);
        assertThat(store.preferred()).contains(V1_52);
    }

    @Test
    void a_client_of_a_version_that_is_there_does_not_wait_for_the_disk() throws Exception {
        registry.publish("1.40.1");
        var store = store();
        store.resolve(V1_40, PATIENCE);
        try (var away = new Away(folder)) {
            assertThat(store.resolve(V1_40, Duration.ZERO)).isInstanceOf(Stored.class);
            assertThat(store.preferred()).contains(V1_40);
            assertThat(away.isAway()).isTrue();
        }
    }

    @Test
    void the_last_use_of_a_driver_is_noted_later() throws Exception {
        registry.publish("1.40.1");
        var store = store();
        store.resolve(V1_40, PATIENCE);
        store.refresh();
        clock.advance(Duration.ofHours(1));
        var use = clock.instant().truncatedTo(ChronoUnit.SECONDS);

        store.resolve(V1_40, PATIENCE);
        clock.advance(Duration.ofHours(1));
        store.refresh();

        assertThat(Files.getLastModifiedTime(folder.resolve("core-1.40.1.hold")).toInstant())
                .isBetween(use, use.plusSeconds(2));
    }

    @Test
    void what_another_worker_adds_and_removes_is_seen() throws Exception {
        registry.publish("1.40.1").publish("1.52.0");
        var mine = store();
        mine.resolve(V1_40, PATIENCE);
        var others = store();
        others.resolve(V1_52, PATIENCE);
        FolderTree.delete(folder.resolve("core-1.40.1"));

        mine.refresh();

        assertThat(mine.available()).containsExactly(V1_52);
    }

    /// Has a folder be away until it is closed, as one of a network may be.
    private record Away(Path folder, Path elsewhere) implements AutoCloseable {
        Away(Path folder) throws IOException {
            this(folder, folder.resolveSibling(folder.getFileName() + "-away"));
            Files.move(folder, elsewhere);
        }

        boolean isAway() {
            return Files.notExists(folder);
        }

        @Override
        public void close() throws IOException {
            Files.move(elsewhere, folder);
        }
    }

    private static DriverPackage fetched(DriverStore store, int minor) throws InterruptedException {
        return ((Stored) store.resolve(new PlaywrightVersion(1, minor), PATIENCE)).driver();
    }

    private DriverStore store() {
        return store(new SupportedVersions.Any());
    }

    private DriverStore store(SupportedVersions offer) {
        return new DriverStore(settings(offer), Map.of("NPM_CONFIG_REGISTRY", registry.url()), clock);
    }

    private DriverSettings settings(SupportedVersions offer) {
        return new DriverSettings(offer, folder, PATIENCE, Duration.ofSeconds(10), Optional.empty());
    }
}
