package dev.greenroom.worker.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.browser.BrowserUsers.BrowserUserChoice;
import dev.greenroom.worker.driver.OpenFolder;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.NodeBinary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Programs that are shell scripts. As root: they are run as others.
class BrowserUsersIT {
    private static final ProcessRights ROOT = new ProcessRights(true, -1);
    private static final ProcessRights ORDINARY = new ProcessRights(false, 0);
    private static final BrowserUser UNNAMED =
            new BrowserUser.Other(BrowserUsers.UNNAMED, BrowserUsers.UNNAMED, 61_183);

    @TempDir(factory = OpenFolder.class)
    private Path folder;

    @Test
    void root_has_browsers_run_as_somebody_without_a_name_and_others_as_themselves() throws Exception {
        assertThat(user(choose("auto", ROOT))).isEqualTo(UNNAMED);
        assertThat(user(choose("auto", ORDINARY))).isEqualTo(new BrowserUser.OfWorker());
        assertThat(user(choose("same", ROOT))).isEqualTo(new BrowserUser.OfWorker());
    }

    @Test
    void a_user_may_be_named_or_numbered() throws Exception {
        assertThat(user(choose("12345", ROOT))).isEqualTo(new BrowserUser.Other(12_345, 12_345));
        assertThat(user(choose("nobody", ROOT)))
                .isInstanceOfSatisfying(
                        BrowserUser.Other.class,
                        nobody -> assertThat(nobody.uid()).isPositive());
    }

    @Test
    void who_insists_on_a_user_who_cannot_be_gets_a_sentence_and_no_worker() throws Exception {
        assertThat(choose("nobody-of-this-name", ROOT))
                .isEqualTo(new BrowserUserChoice.Refused(
                        "BROWSER_USER is nobody-of-this-name, but this machine knows no user of that name"));
        assertThat(choose("12345", ORDINARY)).asString().contains("BROWSER_USER is 12345", "runs as root, on Linux");
        assertThat(choose("12345", new ProcessRights(true, 0b1111)))
                .asString()
                .contains("KILL, SETGID, SETUID")
                .doesNotContain("CHOWN");
    }

    @Test
    void a_browser_that_nobody_else_can_read_is_run_as_before_with_a_warning_that_names_it() throws Exception {
        var hidden = Files.createDirectory(folder.resolve("hidden"));
        var browser = program("hidden/browser", "echo 1");
        Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rwx------"));

        assertWarned(choose("auto", true, ROOT, Map.of(), browser), "user 60990 cannot read " + browser);
        assertThat(choose("12345", true, ROOT, Map.of(), browser)).isInstanceOf(BrowserUserChoice.Refused.class);
    }

    @Test
    void a_browser_of_root_s_own_cache_is_run_from_links_that_its_user_can_read() throws Exception {
        var cache = closed("home").resolve("ms-playwright");
        var browser = program("home/ms-playwright/chromium-1/linux/chrome", "cat $(dirname $0)/../version");
        Files.writeString(cache.resolve("chromium-1/version"), "1");
        program("home/ms-playwright/ffmpeg-1/ffmpeg-linux", "echo 1");
        var environment = Map.of("PATH", System.getenv("PATH"), "PLAYWRIGHT_BROWSERS_PATH", cache.toString());

        assertRunsElsewhere(choose("auto", true, ROOT, environment, browser), browser, "linux/chrome");
    }

    @Test
    void a_browser_with_its_files_in_root_s_home_is_run_from_links_and_nothing_else_is_linked() throws Exception {
        closed("home");
        var browser = program("home/chromium/chrome", "echo 1");
        Files.createFile(folder.resolve("home/chromium/icudtl.dat"));
        Files.writeString(folder.resolve("home/secret"), "for root");

        var choice = choose("auto", true, ROOT, Map.of("PATH", System.getenv("PATH")), browser);

        try (var files = Files.walk(((BrowserUserChoice.Made) choice).folders().root())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("chrome", "icudtl.dat")
                    .doesNotContain("secret");
        }
        assertRunsElsewhere(choice, browser, "chromium/chrome");
    }

    private Path closed(String name) throws IOException {
        return Files.createDirectory(
                folder.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static void assertRunsElsewhere(BrowserUserChoice choice, Path original, String end) throws IOException {
        var made = (BrowserUserChoice.Made) choice;
        var root = made.folders().root();
        try (var folders = made.folders()) {
            assertThat(made.warning()).isEmpty();
            assertThat(folders.user()).isEqualTo(UNNAMED);
            assertThat(made.browser().path()).startsWith(root).endsWith(Path.of(end));
            assertThat(Files.isSameFile(made.browser().path(), original)).isTrue();
        }
        assertThat(root).doesNotExist();
        assertThat(original).exists();
    }

    @Test
    void a_browser_that_does_not_run_for_another_user_is_run_as_before() throws Exception {
        var browser = program("browser", "[ $(id -u) = 0 ]");

        assertWarned(choose("auto", true, ROOT, Map.of(), browser), "does not answer '--version' to user 60990");
    }

    @Test
    void what_drivers_are_told_of_by_variables_has_to_be_readable_too() throws Exception {
        var authority = Files.setPosixFilePermissions(
                Files.createFile(folder.resolve("ca.pem")), PosixFilePermissions.fromString("rw-------"));
        var environment = Map.of("NODE_EXTRA_CA_CERTS", authority.toString(), "PATH", System.getenv("PATH"));

        assertWarned(choose("auto", true, ROOT, environment, program("browser", "echo 1")), "ca.pem");
    }

    @Test
    void a_display_of_somebody_else_s_is_used_as_before() throws Exception {
        var choice = choose("auto", false, ROOT, Map.of("DISPLAY", ":7"), program("browser", "echo 1"));

        assertWarned(choice, "DISPLAY");
    }

    @Test
    void a_folder_for_temporary_files_that_nobody_else_may_enter_is_told() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));

        assertWarned(choose("auto", ROOT), "java.io.tmpdir");
    }

    @Test
    void programs_are_tried_without_the_worker_s_environment() throws Exception {
        var seen = folder.resolve("seen");
        Files.setPosixFilePermissions(Files.createFile(seen), PosixFilePermissions.fromString("rw-rw-rw-"));
        var environment = Map.of("WORKER_SECRET", "not for browsers", "PATH", System.getenv("PATH"));

        user(choose("auto", true, ROOT, environment, program("browser", "env > " + seen)));

        assertThat(seen).content().contains("PATH=", "HOME=/nonexistent").doesNotContain("SECRET", "JAVA");
    }

    private static void assertWarned(BrowserUserChoice choice, String why) {
        assertThat(choice).isInstanceOf(BrowserUserChoice.Made.class);
        var made = (BrowserUserChoice.Made) choice;
        try (var folders = made.folders()) {
            assertThat(folders.user()).isEqualTo(new BrowserUser.OfWorker());
            assertThat(made.warning())
                    .hasValueSatisfying(warning -> assertThat(warning)
                            .startsWith("browsers run as the worker's own user")
                            .contains(why));
        }
    }

    private static BrowserUser user(BrowserUserChoice choice) {
        assertThat(choice).isInstanceOf(BrowserUserChoice.Made.class);
        var made = (BrowserUserChoice.Made) choice;
        try (var folders = made.folders()) {
            assertThat(made.warning()).isEmpty();
            return folders.user();
        }
    }

    private BrowserUserChoice choose(String user, ProcessRights processRights) throws Exception {
        return choose(user, true, processRights, Map.of("PATH", System.getenv("PATH")), program("browser", "echo 1"));
    }

    private BrowserUserChoice choose(
            String user, boolean headless, ProcessRights processRights, Map<String, String> environment, Path browser)
            throws Exception {
        var settings = new BrowserSettings(
                BrowserType.CHROMIUM,
                headless,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                BrowserSettings.Sandbox.AUTO,
                BrowserSettings.LaunchProfile.LEAN,
                user);
        return new BrowserUsers(settings, environment, processRights)
                .choose(
                        new NodeBinary(program("node", "echo v24.0.0"), 24, 0),
                        new BrowserBinary(browser, "", Optional.empty(), true),
                        folder,
                        new SecureRandom());
    }

    private Path program(String name, String body) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        return Files.setPosixFilePermissions(
                Files.writeString(folder.resolve(name), "#!/bin/sh\n" + body + "\n"),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
