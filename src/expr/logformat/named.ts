/** The named formats as the manual spells them (8.2.2 to 8.2.4). `option tcplog` and `option httplog` compile to fast.ts. */
export const TCPLOG = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

export const HTTPLOG =
  "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";

export const HTTPLOG_CLF =
  '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq ' +
  "%CC %CS %hrl %hsl";

/** What `option httpslog` has after the fields of `httplog`. */
export const HTTPSLOG_TAIL =
  "%[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc";

/** What a configuration can refer to: the texts HAProxy puts into the environment. */
export const formatVariables: Readonly<Record<string, string>> = {
  HAPROXY_HTTP_CLF_LOG_FMT: HTTPLOG_CLF,
  HAPROXY_HTTP_LOG_FMT: HTTPLOG,
  HAPROXY_HTTPS_LOG_FMT: HTTPLOG + " " + HTTPSLOG_TAIL,
  HAPROXY_TCP_LOG_FMT: TCPLOG,
};
