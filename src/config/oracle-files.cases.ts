/** Whole files as operators write them, taken by both programs without a word: see OracleCase. */
import type { OracleCase } from "./oracle.cases.ts";

export const fileCases: readonly OracleCase[] = [
  {
    name: "routes by path, header and method; WebSocket and long polls",
    text: `global
    log 127.0.0.1:514 local0
defaults
    log global
    mode http
    option httplog
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend ws
    bind 127.0.0.1:25001
    timeout client 2s
    timeout http-request 1s
    acl is_ws hdr(Upgrade) -i websocket
    acl is_conn hdr_val(content-length) gt 10
    acl lp path_beg /poll
    acl net src 127.0.0.0/8 ::1
    acl inet hdr_ip(x-forwarded-for,-1) 10.0.0.0/8
    acl t1 req.hdr_cnt(cookie) gt 1
    acl re path_reg -i ^/(foo|bar)/[0-9]+$
    acl dirr path_dir admin
    acl dom hdr_dom(host) -i example.com
    acl m method POST PUT
    acl q urlp(debug) -m bool
    acl len path_len gt 50
    acl proto req_ver 1.1
    http-request set-header X-Re yes if re
    http-request set-header X-Dir yes if dirr
    http-request set-header X-Dom yes if dom !m
    http-request set-header X-M yes if m || q
    http-request set-header X-Inet yes if inet or len
    http-request set-query %[query,regsub(debug=[^&]*&?,)] if q
    use_backend ws if is_ws
    use_backend poll if lp
    default_backend app
backend ws
    timeout tunnel 1h
    balance source
    option http-server-close
    server w1 127.0.0.1:26001 check inter 500ms rise 1 fall 1
    server w2 127.0.0.1:26002 check
backend poll
    timeout server 60s
    balance uri depth 2
    hash-type consistent sdbm avalanche
    server p1 127.0.0.1:26001
    server p2 127.0.0.1:26002
    server p3 127.0.0.1:26003
backend app
    balance hdr(X-Key)
    hash-type map-based djb2
    http-reuse always
    option prefer-last-server
    acl local src 127.0.0.1
    use-server a2 if { path_beg /two }
    use-server %[hdr(x-srv)] if { hdr(x-srv) -m found }
    server a1 127.0.0.1:26001
    server a2 127.0.0.1:26002 weight 50
    server a3 127.0.0.1:26003 weight 0
`,
  },
  {
    name: "mail, ranges of ports and SSH by their first bytes",
    text: `global
    log 127.0.0.1:514 local0
defaults
    log global
    option dontlognull
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    option tcplog
frontend smtp
    bind 127.0.0.1:25001 accept-proxy
    tcp-request connection reject if { src_conn_rate(st) gt 100 }
    tcp-request connection set-mark 1 if FALSE
    tcp-request connection track-sc0 src table st
    tcp-request session accept
    tcp-request inspect-delay 300ms
    tcp-request content set-var(sess.first) req.payload(0,4)
    tcp-request content accept if { req.payload(0,4) -m bin 45484c4f }
    tcp-request content reject if { req.len gt 0 }
    log-format "%ci:%cp -> %b/%s %B %U %ts first=%[var(sess.first)] %[sc0_conn_cnt(st)]"
    default_backend mx
backend st
    stick-table type ip size 1k expire 10s store conn_rate(10s),conn_cnt
backend mx
    tcp-response inspect-delay 100ms
    tcp-response content accept if { res.len gt 2 }
    stick-table type ip size 1k expire 10s
    stick on src
    server m1 127.0.0.1:26101 send-proxy check inter 500ms
listen ranges
    bind 127.0.0.1:25010-25012
    use-server x if { dst_port 25011 }
    server y 127.0.0.1:+1091
    server x 127.0.0.1:26102 weight 0
listen ssh
    bind 127.0.0.1:25005
    tcp-request inspect-delay 200ms
    tcp-request content accept if { req.payload(0,7) -m str "SSH-2.0" }
    tcp-request content reject
    timeout queue 100ms
    server ssh 127.0.0.1:26103 maxconn 1
`,
  },
  {
    name: "blue and green by variables and conditions of the file",
    text: `global
    log 127.0.0.1:514 local0
    setenv BLUE 127.0.0.1:26001
    presetenv GREEN_PORT 26002
    setenv COLOR blue
.if defined(COLOR) && streq("$COLOR",blue)
    setenv ACTIVE bg_blue
.elif streq("$COLOR",green)
    setenv ACTIVE bg_green
.else
.alert "COLOR is neither blue nor green"
.endif
.if version_atleast(2.4)
    tune.maxrewrite 2048
.else
    unknown-thing here
.endif
.if feature(OPENSSL) && !feature(NOTHING)
    ssl-default-bind-options ssl-min-ver TLSv1.2
.endif
.notice "active is $ACTIVE"
defaults
    log global
    mode http
    option httplog
    timeout connect 2s
    timeout client 5s
    timeout server 5s
    option http-server-close
frontend www
    bind 127.0.0.1:25001
    bind "127.0.0.1:\${P2-25002}"
    acl from_canary_cookie req.cook(canary) -m str always
    acl never_canary req.cook(canary) -m str never
    acl in_sample rand(100) lt 0
    acl beta hdr_sub(user-agent) -i beta
    http-request set-var(txn.canary) int(1) if from_canary_cookie or in_sample !never_canary
    http-request set-var(txn.bucket) src,crc32(1),mod(2)
    http-request set-var(txn.ab) req.cook(ab)
    http-request set-var(txn.ab) str(A) if !{ var(txn.ab) -m found } { var(txn.bucket) -m int 0 }
    http-request set-var(txn.ab) str(B) if !{ var(txn.ab) -m found }
    http-request set-header X-Ab %[var(txn.ab)]
    use_backend canary if { var(txn.canary) -m int 1 }
    use_backend canary if beta
    default_backend "$ACTIVE"
backend bg_blue
    http-response set-header X-Color "$COLOR"
    server b1 "$BLUE" weight 90
    server g1 127.0.0.1:"\${GREEN_PORT}" weight 0
backend bg_green
    http-response set-header X-Color green
    server g1 127.0.0.1:\${GREEN_PORT} weight 10
backend canary
    http-response set-header X-Color canary
    server c1 127.0.0.1:26003
`,
  },
  {
    name: "named defaults for HTTP and TCP",
    text: `global
    log 127.0.0.1:514 local0
    nbthread 2
    maxconn 1000
defaults http-defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 3s
    timeout server 3s
defaults tcp-defaults
    mode tcp
    log global
    option tcplog
    timeout connect 1s
    timeout client 3s
    timeout server 3s
defaults web from http-defaults
    option forwardfor except 127.0.0.0/8 header X-Real-IP
    errorfile 503 @DIR@/good.http
    balance leastconn
frontend www from web
    bind 127.0.0.1:25001
    default_backend app
backend app from web
    cookie SRV prefix
    server a1 127.0.0.1:26001 cookie a1 check
    server a2 127.0.0.1:26002 cookie a2 check
frontend tcpfe from tcp-defaults
    bind 127.0.0.1:25002
    default_backend tcpbe
backend tcpbe from tcp-defaults
    server t1 127.0.0.1:26101
listen plain from http-defaults
    bind 127.0.0.1:25003
    monitor-uri /ping
    errorloc302 503 http://sorry.example.com/
    server down 127.0.0.1:1
`,
  },
];
