package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AuthTokens;
import java.net.IDN;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Who may use a proxy.
@SettingsSection("Who may connect")
public record AccessSettings(
        @Setting(
                name = "AUTH_TOKENS",
                meaning = "Tokens that let clients in: name:token entries behind commas, in a file one a line; a token"
                        + " has 16 characters or more. A file is read again when it changes. See SECURITY.md for"
                        + " limits.",
                secret = true)
        Optional<AuthTokens> tokens,

        @Setting(
                name = "ALLOWED_ORIGINS",
                meaning = "Origins of web pages that may connect: scheme, host and port, behind commas. No other page"
                        + " may.")
        List<String> origins,

        @Setting(
                name = "ALLOWED_HOSTS",
                meaning = "Host names that the grid may be called by, behind commas; *. in front of one means all names"
                        + " below it. Without tokens only these, IP addresses, this machine's name and names outside"
                        + " of public DNS (no dot, .svc, .local, .internal) may be used.")
        List<String> hosts) {
    /// Letters that browsers and the JDK write differently in ASCII.
    private static final Pattern AMBIGUOUS = Pattern.compile(".*[\u00DF\u03C2\u200C\u200D].*");

    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9._\\[\\]:-]{1,255}");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
    private static final Pattern HOST = Pattern.compile("\\*|(\\*\\.)?[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}");

    /// Every token, origin and name can be one.
    public AccessSettings {
        origins = commaSeparated(origins);
        hosts = commaSeparated(hosts);
        var rules = new SettingsRules();
        if (tokens.isPresent()
                && TokenList.read(tokens.get().text().value()) instanceof TokenList.ParsedTokens.Broken(var rule)) {
            rules.that(false, rule, "AUTH_TOKENS");
        }
        rules.that(
                        origins.stream()
                                .allMatch(origin -> ORIGIN.matcher(origin).matches()),
                        "must be origins such as https://ci.example or http://localhost:3000, without a path, behind"
                                + " commas",
                        "ALLOWED_ORIGINS")
                .that(
                        hosts.stream().allMatch(host -> HOST.matcher(host).matches()),
                        "must be host names such as grid.example or *.grid.example, without a port, behind commas, or *"
                                + " for any; a name with ß, ς or a joiner as xn--…",
                        "ALLOWED_HOSTS")
                .check();
    }

    private static List<String> commaSeparated(List<String> words) {
        return words.stream()
                .flatMap(word -> Stream.of(word.split(",", -1)))
                .filter(word -> !word.isEmpty())
                .map(word -> inAscii(word.toLowerCase(Locale.ROOT)))
                .toList();
    }

    /// As clients send it: `grid.münchen.example` is `grid.xn--mnchen-3ya.example` in a request. What
    /// cannot be written so stays as it is, and is refused.
    private static String inAscii(String word) {
        if (word.chars().allMatch(c -> c < 0x80) || AMBIGUOUS.matcher(word).matches()) {
            return word;
        }
        var scheme = word.indexOf("://") + 3;
        var host = scheme < 3 ? 0 : scheme;
        var port = PORT.matcher(word);
        var end = port.find() ? port.start() : word.length();
        try {
            var wildcard = word.startsWith("*.", host) ? host + 2 : host;
            return word.substring(0, wildcard)
                    + IDN.toASCII(word.substring(wildcard, end), IDN.ALLOW_UNASSIGNED)
                    + word.substring(end);
        } catch (IllegalArgumentException _) {
            return word;
        }
    }

    /// Nobody shows a token, and nothing is asked about names.
    public static AccessSettings open() {
        return new AccessSettings(Optional.empty(), List.of(), List.of("*"));
    }

    /// Says where the grid is open to whoever reaches it.
    List<SettingsFinding> warnings(ListenSettings listen) {
        return new SettingsRules()
                .that(
                        tokens.isPresent() || isLoopback(listen.bindAddress()),
                        "lets everybody who reaches this address use browsers, set AUTH_TOKENS (or listen on"
                                + " 127.0.0.1)",
                        "BIND_ADDRESS",
                        "AUTH_TOKENS")
                .findings();
    }

    private static boolean isLoopback(String address) {
        return address.equals("localhost") || address.equals("::1") || address.startsWith("127.");
    }
}
