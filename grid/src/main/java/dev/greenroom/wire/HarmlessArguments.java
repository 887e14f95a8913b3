package dev.greenroom.wire;

import java.util.Set;
import java.util.regex.Pattern;

/// The command line arguments of Chromium that a client may choose: they change how pages look and behave in its own
/// browser. None of them names a file or a program, opens a port, or weakens the walls around the browser.
final class HarmlessArguments {
    private static final Pattern ARGUMENT = Pattern.compile("--([a-z0-9-]{1,60})(?:=([ -~]{0,1000}))?");

    private static final Set<String> SWITCHES = Set.of(
            "allow-insecure-localhost",
            "autoplay-policy",
            "accept-lang",
            "blink-settings",
            "deny-permission-prompts",
            "disable-background-networking",
            "disable-background-timer-throttling",
            "disable-backgrounding-occluded-windows",
            "disable-blink-features",
            "disable-default-apps",
            "disable-dev-shm-usage",
            "disable-extensions",
            "disable-gpu",
            "disable-infobars",
            "disable-ipc-flooding-protection",
            "disable-lcd-text",
            "disable-notifications",
            "disable-popup-blocking",
            "disable-renderer-backgrounding",
            "disable-site-isolation-trials",
            "disable-smooth-scrolling",
            "disable-software-rasterizer",
            "disable-translate",
            "disable-web-security",
            "enable-blink-features",
            "enable-font-antialiasing",
            "enable-gpu-rasterization",
            "enable-precise-memory-info",
            "enable-unsafe-swiftshader",
            "enable-webgl",
            "font-render-hinting",
            "force-color-profile",
            "force-dark-mode",
            "force-device-scale-factor",
            "force-prefers-reduced-motion",
            "hide-scrollbars",
            "high-dpi-support",
            "ignore-certificate-errors",
            "ignore-gpu-blocklist",
            "incognito",
            "kiosk",
            "lang",
            "mute-audio",
            "no-default-browser-check",
            "no-first-run",
            "start-fullscreen",
            "start-maximized",
            "test-type",
            "unsafely-treat-insecure-origin-as-secure",
            "use-angle",
            "use-fake-device-for-media-stream",
            "use-fake-ui-for-media-stream",
            "use-gl",
            "user-agent",
            "window-position",
            "window-size");

    /// Switches that may be given but not with a value: theirs would name a file.
    private static final Set<String> WITHOUT_VALUE = Set.of("use-fake-device-for-media-stream");

    private HarmlessArguments() {}

    static boolean include(String argument) {
        var matcher = ARGUMENT.matcher(argument);
        return matcher.matches()
                && SWITCHES.contains(matcher.group(1))
                && (matcher.group(2) == null || !WITHOUT_VALUE.contains(matcher.group(1)));
    }
}
