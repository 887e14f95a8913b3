package dev.greenroom.playwright;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Decides which of a client's command line arguments for Chromium and preferences for Firefox reach the
/// browser.
///
/// Both are allow lists of entries that are known to be harmless: they change how pages look, behave and
/// ask for permission in the client's own browser. A deny list could not be complete: Chromium has 1,500
/// arguments and Firefox thousands of preferences, and some of them start a program
/// (`--utility-cmd-prefix`), load a library (`network.negotiate-auth.gsslib`), write a file
/// (`logging.config.LOG_FILE`) or take the sandbox away.
final class LaunchPolicy {
    /// What is done with an argument or preference.
    enum ArgumentUse {
        /// Passed to the browser.
        PASSED,
        /// Set by Playwright for every browser anyway.
        ALREADY_SET,
        /// Not passed to the browser; the session continues without it.
        IGNORED,
        /// The session is refused. The client expects a browser with another network or other data;
        /// without it, its tests would fail later and for no visible reason.
        REFUSED
    }

    static final String REFUSED_RULE =
            "is about a proxy, a host, a certificate, a port, a profile or an extension, which a"
                    + " grid does not let clients choose for the browser";

    private static final Pattern ARGUMENT = Pattern.compile("--([a-z0-9-]{1,60})(?:=([ -~]{0,1000}))?");

    static final Set<String> ARGUMENTS = Set.of(
            "allow-insecure-localhost",
            "autoplay-policy",
            "accept-lang",
            "blink-settings",
            "deny-permission-prompts",
            "disable-blink-features",
            "disable-infobars",
            "disable-lcd-text",
            "disable-notifications",
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

    /// Values that make an allowed argument ignored: features that give pages access to the browser
    /// process or the network, and settings that let a file read other files.
    private static final Map<String, Pattern> WEAKENING = Map.of(
            "enable-blink-features",
            Pattern.compile("(?i)mojo|directsockets"),
            "blink-settings",
            Pattern.compile("(?i)allow\\w*fileurls|websecurityenabled"));

    /// Arguments that are allowed only without a value, because the value names a file.
    private static final Set<String> WITHOUT_VALUE = Set.of("use-fake-device-for-media-stream");

    /// The arguments that Playwright 1.40, 1.58 and 1.65 pass themselves, verbatim.
    static final Set<String> SET_BY_PLAYWRIGHT = Set.of(
            "--allow-pre-commit-input",
            "--disable-back-forward-cache",
            "--disable-background-networking",
            "--disable-background-timer-throttling",
            "--disable-backgrounding-occluded-windows",
            "--disable-breakpad",
            "--disable-component-extensions-with-background-pages",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-field-trial-config",
            "--disable-hang-monitor",
            "--disable-ipc-flooding-protection",
            "--disable-popup-blocking",
            "--disable-prompt-on-repost",
            "--disable-renderer-backgrounding",
            "--export-tagged-pdf",
            "--force-color-profile=srgb",
            "--metrics-recording-only",
            "--no-default-browser-check",
            "--no-first-run",
            "--no-service-autorun",
            "--password-store=basic",
            "--use-mock-keychain");

    static final Set<String> PREFERENCES = Set.of(
            "accessibility.force_disabled",
            "browser.cache.disk.enable",
            "browser.cache.memory.enable",
            "browser.sessionhistory.max_entries",
            "dom.battery.enabled",
            "dom.disable_beforeunload",
            "dom.disable_open_during_load",
            "dom.event.clipboardevents.enabled",
            "dom.event.contextmenu.enabled",
            "dom.indexedDB.enabled",
            "dom.max_script_run_time",
            "dom.min_background_timeout_value",
            "dom.popup_maximum",
            "dom.push.enabled",
            "dom.require_user_interaction_for_beforeunload",
            "dom.security.https_only_mode",
            "dom.serviceWorkers.enabled",
            "dom.storage.enabled",
            "dom.timeout.enable_budget_timer_throttling",
            "dom.vibrator.enabled",
            "dom.webaudio.enabled",
            "dom.webnotifications.enabled",
            "dom.webshare.enabled",
            "general.useragent.override",
            "geo.enabled",
            "geo.prompt.testing",
            "geo.prompt.testing.allow",
            "image.animation_mode",
            "intl.accept_languages",
            "intl.locale.requested",
            "intl.regional_prefs.use_os_locales",
            "javascript.enabled",
            "media.devices.insecure.enabled",
            "media.getusermedia.insecure.enabled",
            "media.navigator.enabled",
            "media.navigator.permission.disabled",
            "media.navigator.streams.fake",
            "media.peerconnection.enabled",
            "media.volume_scale",
            "media.webspeech.synth.enabled",
            "network.cookie.cookieBehavior",
            "network.http.sendRefererHeader",
            "pdfjs.disabled",
            "privacy.resistFingerprinting",
            "security.csp.enable",
            "security.mixed_content.block_active_content",
            "security.mixed_content.block_display_content",
            "toolkit.cosmeticAnimations.enabled",
            "webgl.disabled",
            "webgl.force-enabled");

    static final List<String> PREFERENCE_FAMILIES = List.of(
            "browser.display.",
            "dom.events.asyncClipboard.",
            "font.",
            "full-screen-api.",
            "layout.css.",
            "media.autoplay.",
            "network.cookie.sameSite.",
            "network.http.referer.",
            "permissions.default.",
            "privacy.trackingprotection.",
            "ui.");

    private static final Set<String> REFUSED_WORDS = Set.of(
            "proxy",
            "proxies",
            "host",
            "hosts",
            "cert",
            "certs",
            "certificate",
            "certificates",
            "port",
            "ports",
            "profile",
            "profiles",
            "extension",
            "extensions");

    private static final List<String> REFUSED_PARTS = List.of("remote-debugging", "remote-allow", "user-data-dir");

    private LaunchPolicy() {}

    static ArgumentUse argument(String argument) {
        if (SET_BY_PLAYWRIGHT.contains(argument)) {
            return ArgumentUse.ALREADY_SET;
        }
        var matcher = ARGUMENT.matcher(argument);
        return matcher.matches()
                        && ARGUMENTS.contains(matcher.group(1))
                        && (matcher.group(2) == null || !WITHOUT_VALUE.contains(matcher.group(1)))
                        && !weakens(matcher.group(1), argument)
                ? ArgumentUse.PASSED
                : otherUse(argumentName(argument));
    }

    private static boolean weakens(String name, String argument) {
        var values = WEAKENING.get(name);
        return values != null && values.matcher(argument).find();
    }

    /// The argument without its value.
    static String argumentName(String argument) {
        var equals = argument.indexOf('=');
        return equals < 0 ? argument : argument.substring(0, equals);
    }

    static ArgumentUse preference(String name) {
        return PREFERENCES.contains(name) || PREFERENCE_FAMILIES.stream().anyMatch(name::startsWith)
                ? ArgumentUse.PASSED
                : otherUse(name);
    }

    /// @param name for example `--proxy-server` or `network.proxy.http`
    private static ArgumentUse otherUse(String name) {
        var lower = name.toLowerCase(Locale.ROOT);
        return REFUSED_PARTS.stream().anyMatch(lower::contains)
                        || List.of(lower.split("[^a-z0-9]+")).stream().anyMatch(REFUSED_WORDS::contains)
                ? ArgumentUse.REFUSED
                : ArgumentUse.IGNORED;
    }
}
