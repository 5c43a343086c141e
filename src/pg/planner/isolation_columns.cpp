// The floor compares a column with the tenant's accessor; where the table is isolated by user, the
// access policy compares another one with the user's.
#include "core/policy.hpp"

#include <cstring>

#include "pg/compat.hpp"
#include "pg/planner/isolation_columns.hpp"

namespace tenancy::pg {
namespace {

using core::policy::kAccessPolicy;
using core::policy::kFloorPolicy;

// The column that `node` is, whatever cast stands around it; InvalidAttrNumber if it is none.
AttrNumber column_of(Node* node) {
  node = strip_implicit_coercions(node);
  while (IsA(node, RelabelType)) {
    node = strip_implicit_coercions(reinterpret_cast<Node*>(castNode(RelabelType, node)->arg));
  }
  if (!IsA(node, Var)) return InvalidAttrNumber;
  const Var* const var = castNode(Var, node);
  if (var->varlevelsup != 0 || var->varattno <= 0) return InvalidAttrNumber;
  return var->varattno;
}

enum class Accessor { none, tenant, user };

Accessor accessor_of(Node* node) {
  node = strip_implicit_coercions(node);
  if (!IsA(node, FuncExpr)) return Accessor::none;
  const Oid function = castNode(FuncExpr, node)->funcid;
  if (get_func_namespace(function) != get_namespace_oid("tenancy", true)) return Accessor::none;
  const char* const name = get_func_name(function);
  if (name == nullptr) return Accessor::none;
  if (strncmp(name, "current_tenant_", strlen("current_tenant_")) == 0) return Accessor::tenant;
  if (strncmp(name, "current_user_", strlen("current_user_")) == 0) return Accessor::user;
  return Accessor::none;
}

// Finds every `column = tenancy.current_…()` below `node`.
bool find_columns(Node* node, void* context) {
  if (node == nullptr) return false;
  if (IsA(node, OpExpr) && list_length(castNode(OpExpr, node)->args) == 2) {
    const OpExpr* const comparison = castNode(OpExpr, node);
    Node* const left = static_cast<Node*>(linitial(comparison->args));
    Node* const right = static_cast<Node*>(lsecond(comparison->args));
    const AttrNumber column = column_of(left);
    const char* const op = get_opname(comparison->opno);
    if (column != InvalidAttrNumber && op != nullptr && strcmp(op, "=") == 0) {
      IsolationColumns* const found = static_cast<IsolationColumns*>(context);
      switch (accessor_of(right)) {
        case Accessor::tenant:
          found->tenant = column;
          break;
        case Accessor::user:
          found->user = column;
          break;
        case Accessor::none:
          break;
      }
    }
  }
  return walk_expression(node, find_columns, context);
}

}  // namespace

IsolationColumns isolation_columns_of(Relation relation) {
  IsolationColumns columns{InvalidAttrNumber, InvalidAttrNumber};
  if (relation->rd_rsdesc == nullptr) return columns;
  bool has_floor = false;
  ListCell* cell;
  foreach (cell, relation->rd_rsdesc->policies) {
    const RowSecurityPolicy* const policy = static_cast<RowSecurityPolicy*>(lfirst(cell));
    const bool floor = !policy->permissive && strcmp(policy->policy_name, kFloorPolicy) == 0;
    const bool access = policy->permissive && strcmp(policy->policy_name, kAccessPolicy) == 0;
    has_floor |= floor;
    if (floor || access) find_columns(reinterpret_cast<Node*>(policy->qual), &columns);
  }
  if (!has_floor || columns.tenant == InvalidAttrNumber) {
    return {InvalidAttrNumber, InvalidAttrNumber};
  }
  return columns;
}

}  // namespace tenancy::pg
