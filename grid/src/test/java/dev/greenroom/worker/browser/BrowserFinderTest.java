package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrowserFinderTest {
    private static final String SHELL =
            "chromium_headless_shell-%d/chrome-headless-shell-linux64/chrome-headless-shell";
    private static final String CHROMIUM = "chromium-%d/chrome-linux64/chrome";

    @TempDir
    private Path folder;

    private Path cache;
    private Path path;

    @BeforeEach
    void folders() throws IOException {
        cache = Files.createDirectory(folder.resolve("cache"));
        path = Files.createDirectory(folder.resolve("path"));
    }

    @Test
    void what_is_set_wins() throws Exception {
        var mine = program(folder.resolve("my-browser"));
        cached(SHELL, 1255);

        assertThat(find(settings(BrowserType.CHROMIUM, true, mine, null))).isEqualTo(mine);
    }

    @Test
    void what_is_set_and_is_no_browser_is_told() throws Exception {
        var missing = search(settings(BrowserType.CHROMIUM, true, folder.resolve("nothing"), null));

        assertThat(missing)
                .isInstanceOfSatisfying(
                        BrowserSearch.Missing.class,
                        it -> assertThat(it.remedy()).startsWith("BROWSER_EXECUTABLE is " + folder.resolve("nothing")));
    }

    @Test
    void the_headless_shell_of_the_newest_revision_is_preferred() throws Exception {
        cached(CHROMIUM, 1300);
        cached(SHELL, 999);
        var newest = cached(SHELL, 1255);

        assertThat(find(settings(BrowserType.CHROMIUM, true, null, null))).isEqualTo(newest);
    }

    @Test
    void the_revision_that_the_driver_was_made_for_is_preferred_to_a_newer_one() throws Exception {
        var liked = cached(SHELL, 1234);
        cached(SHELL, 1255);
        Files.writeString(folder.resolve("browsers.json"), """
                {"browsers": [{"name": "chromium-headless-shell", "revision": "1234"}]}
                """);

        assertThat(find(settings(BrowserType.CHROMIUM, true, null, null))).isEqualTo(liked);
    }

    @Test
    void a_window_needs_a_browser_that_has_one() throws Exception {
        cached(SHELL, 1255);
        var full = cached(CHROMIUM, 1200);

        assertThat(find(settings(BrowserType.CHROMIUM, false, null, null))).isEqualTo(full);
    }

    @Test
    void an_incomplete_or_broken_installation_is_passed_over() throws Exception {
        Files.delete(cached(SHELL, 1255).resolve("../../INSTALLATION_COMPLETE").normalize());
        Files.writeString(cached(SHELL, 1254), "#!/bin/sh\nexit 127\n");
        var works = cached(SHELL, 1253);

        assertThat(find(settings(BrowserType.CHROMIUM, true, null, null))).isEqualTo(works);
    }

    @Test
    void a_firefox_of_the_system_is_driven_as_what_it_is() throws Exception {
        var firefox = program(path.resolve("firefox-esr"));

        var found = search(settings(BrowserType.FIREFOX, true, null, null));

        assertThat(found)
                .isEqualTo(new BrowserSearch.Found(
                        new BrowserBinary(firefox, "Fake 1.0", Optional.of("moz-firefox"), false)));
    }

    @Test
    void playwrights_own_firefox_is_preferred_and_needs_no_channel() throws Exception {
        program(path.resolve("firefox-esr"));
        var own = cached("firefox-%d/firefox/firefox", 1572);

        var found = search(settings(BrowserType.FIREFOX, true, null, null));

        assertThat(found)
                .isEqualTo(new BrowserSearch.Found(new BrowserBinary(own, "Fake 1.0", Optional.empty(), false)));
    }

    @Test
    void a_webkit_that_is_missing_is_told_with_the_command_that_helps() throws Exception {
        assertThat(search(settings(BrowserType.WEBKIT, true, null, null)))
                .isInstanceOfSatisfying(
                        BrowserSearch.Missing.class,
                        missing -> assertThat(missing.remedy()).contains("npx playwright install"));
    }

    @Test
    void a_branded_browser_is_looked_for_by_its_name() throws Exception {
        var chrome = program(path.resolve("google-chrome-beta"));

        assertThat(find(settings(BrowserType.CHROMIUM, true, null, "chrome-beta")))
                .isEqualTo(chrome);
        assertThat(search(settings(BrowserType.CHROMIUM, true, null, "netscape")))
                .isInstanceOfSatisfying(
                        BrowserSearch.Missing.class,
                        missing -> assertThat(missing.remedy()).startsWith("BROWSER_CHANNEL is netscape"));
    }

    private Path find(BrowserSettings settings) throws InterruptedException {
        var search = search(settings);
        assertThat(search).isInstanceOf(BrowserSearch.Found.class);
        return ((BrowserSearch.Found) search).browser().path();
    }

    private BrowserSearch search(BrowserSettings settings) throws InterruptedException {
        var environment = Map.of("PLAYWRIGHT_BROWSERS_PATH", cache.toString(), "PATH", path.toString());
        var driver = new DriverPackage(new PlaywrightVersion(1, 62), "1.62.1", folder);
        return new BrowserFinder(settings, environment, Optional.of(driver)).find();
    }

    private Path cached(String pattern, int revision) throws IOException {
        var program = program(cache.resolve(pattern.formatted(revision)));
        var first = cache.relativize(program).getName(0);
        Files.writeString(cache.resolve(first).resolve("INSTALLATION_COMPLETE"), "");
        return program;
    }

    private static Path program(Path path) throws IOException {
        Files.createDirectories(path.resolve("..").normalize());
        Files.writeString(path, "#!/bin/sh\necho 'Fake 1.0'\n");
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static BrowserSettings settings(
            BrowserType type, boolean headless, @Nullable Path executable, @Nullable String channel) {
        return new BrowserSettings(
                type,
                headless,
                Optional.ofNullable(executable),
                Optional.ofNullable(channel),
                List.of(),
                BrowserSettings.Sandbox.AUTO,
                BrowserSettings.LaunchProfile.LEAN,
                BrowserSettings.AUTO);
    }
}
