package dev.greenroom.worker.browser;

import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserFinder.BrowserCandidate;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The browsers that are installed on the system.
///
/// @param searchPath the folders of `PATH`
record SystemBrowsers(List<Path> searchPath) {
    private static final String MOZ_FIREFOX = "moz-firefox";

    /// Debian's program itself. The one on the PATH is a shell script that stays the parent of the browser,
    /// and hides its death.
    private static final Path DEBIAN_SHELL = Path.of("/usr/lib/chromium/chromium-headless-shell");

    private static final Map<String, List<String>> CHANNELS = Map.of(
            "chromium",
            List.of("chromium", "chromium-browser", "/Applications/Chromium.app/Contents/MacOS/Chromium"),
            "chrome",
            List.of(
                    "google-chrome-stable",
                    "google-chrome",
                    "/opt/google/chrome/chrome",
                    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
            "chrome-beta",
            List.of("google-chrome-beta", "/opt/google/chrome-beta/chrome"),
            "msedge",
            List.of(
                    "microsoft-edge-stable",
                    "/opt/microsoft/msedge/msedge",
                    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
            MOZ_FIREFOX,
            List.of("firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"));

    static SystemBrowsers of(Map<String, String> environment) {
        return new SystemBrowsers(Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .filter(folder -> !folder.isBlank())
                .map(Path::of)
                .toList());
    }

    /// Candidates for a browser type, the best first.
    List<BrowserCandidate> of(BrowserType type, boolean headless) {
        return switch (type) {
            case CHROMIUM -> {
                var found = new ArrayList<BrowserCandidate>();
                if (headless) {
                    found.add(new BrowserCandidate(DEBIAN_SHELL, Optional.empty(), true));
                }
                Stream.of("chromium", "chrome", "msedge")
                        .flatMap(channel ->
                                places(channel).map(place -> new BrowserCandidate(place, Optional.empty(), false)))
                        .forEach(found::add);
                yield found;
            }
            case FIREFOX -> channel(MOZ_FIREFOX).orElseThrow();
            case WEBKIT -> List.of(); // the system's cannot be driven by Playwright
        };
    }

    /// Candidates for a branded browser; empty for an unknown brand.
    Optional<List<BrowserCandidate>> channel(String name) {
        return CHANNELS.containsKey(name)
                ? Optional.of(places(name)
                        .map(place -> new BrowserCandidate(place, Optional.of(name), false))
                        .toList())
                : Optional.empty();
    }

    private Stream<Path> places(String channel) {
        return CHANNELS.getOrDefault(channel, List.of()).stream()
                .flatMap(name -> name.startsWith("/")
                        ? Stream.of(Path.of(name))
                        : searchPath.stream().map(folder -> folder.resolve(name)));
    }
}
