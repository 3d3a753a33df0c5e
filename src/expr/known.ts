/**
 * Sample fetches and converters of HAProxy 2.6 (its own lists, `haproxy -dKsmp` and `-dKcnv`) that may have no row in the registries yet. A name
 * that has one stays here harmlessly: only what the registries lack counts.
 */
const FETCHES = `
  fcgi.docroot fcgi.index internal.htx.data internal.htx.free internal.htx.free_data internal.htx.has_eom
  internal.htx.nbblks internal.htx.size internal.htx.used internal.htx_blk.data internal.htx_blk.hdrname
  internal.htx_blk.hdrval internal.htx_blk.size internal.htx_blk.start_line internal.htx_blk.type
`;

const CONVERTERS = `
  map map_beg map_beg_int map_beg_ip map_dir map_dir_int map_dir_ip map_dom map_dom_int map_dom_ip map_end map_end_int
  map_end_ip map_int map_int_int map_int_ip map_ip map_ip_int map_ip_ip map_reg map_reg_int map_reg_ip map_regm map_str
  map_str_int map_str_ip map_sub map_sub_int map_sub_ip
`;

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

export const knownFetches: ReadonlySet<string> = words(FETCHES);
export const knownConverters: ReadonlySet<string> = words(CONVERTERS);
