package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a client is told about its own proxy where private networks are closed.
@Timeout(60)
class RefusalsIT {
    /// A name server that answers for some names, and has none for others.
    private static final String LOOKUP = """
            const {reason, reasonOfProxy} = require(process.argv[2]);
            const isPrivate = address => address.startsWith('10.');
            const failure = code => Object.assign(new Error(code), {code});
            const lookup = async name => {
              switch (name) {
                case 'public.example': return [{address: '203.0.113.9'}];
                case 'intranet.example': return [{address: '203.0.113.9'}, {address: '10.0.0.1'}];
                case 'silent.example': return new Promise(() => {});
                case 'down.example': throw failure('EAI_AGAIN');
                default: throw failure('ENOTFOUND');
              }
            };
            const why = server => reasonOfProxy(server, isPrivate, lookup);
            setTimeout(() => process.exit(1), 30000);
            """;

    @TempDir
    private Path folder;

    @Test
    void a_proxy_whose_name_the_dns_does_not_tell_in_time_is_refused_in_words_of_its_own() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                Promise.all(['silent.example', 'down.example'].map(name => why('socks5://' + name + ':1080')))
                    .then(reasons => { console.log(reasons.join('\\n')); process.exit(0); });
                """);

        assertThat(said.lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .contains("could not be looked up", "BLOCK_PRIVATE_NETWORK", "Try again")
                        .doesNotContain("has a private address"));
    }

    @Test
    void a_proxy_is_judged_by_the_host_that_the_browser_reads() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                const word = text => text === undefined ? 'taken'
                    : text.match(/has a private address|is not a plain host/)[0];
                (async () => {
                  for (const server of ['public.example:1', 'http://public.example', 'socks5://unknown.example:1',
                      'intranet.example:1', 'http://intr%61net.example', 'http://ｉntranet.example', 'socks5://INTRANET.example.',
                      'socks5://intr%61net.example', 'socks4://ｉntranet.example:1', 'socks5://10%2e0.0.1:1',
                      'socks5://public.example;http=intranet.example:1', 'http://public.example,intranet.example:1'])
                    console.log(word(await why(server)));
                  process.exit(0);
                })();
                """);

        assertThat(said.lines())
                .containsExactly(
                        "taken",
                        "taken",
                        "taken",
                        "has a private address",
                        "has a private address",
                        "has a private address",
                        "has a private address",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host");
    }

    @Test
    void a_proxy_in_chromiums_own_protocol_is_refused_only_where_private_networks_are_closed() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                const create = params => ({method: 'send', params: {method: 'Target.createBrowserContext', params}});
                for (const [params, closed] of [[{proxyServer: 'http://a:1'}, true], [{proxyServer: 'http://a:1'}, false], [{}, true]])
                  console.log(reason(create(params), 'CDPSession', closed));
                process.exit(0);
                """);

        assertThat(said.lines())
                .satisfiesExactly(
                        closed -> assertThat(closed).contains("proxyServer", "BLOCK_PRIVATE_NETWORK", "newContext"),
                        open -> assertThat(open).isEqualTo("undefined"),
                        without -> assertThat(without).isEqualTo("undefined"));
    }
}
